"""Settings: the selection and the values of params.yaml, the layers in settings/."""
