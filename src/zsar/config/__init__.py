"""What is set: the selection and the person's word in params.yaml, the layers in settings/."""
