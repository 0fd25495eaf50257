"""The thin scripts that dvc.yaml runs: read artifacts, call the library, write artifacts."""
