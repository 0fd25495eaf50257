from zsar.prediction.load import load as load
from zsar.prediction.load import read as read

__version__: str
