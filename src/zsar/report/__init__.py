"""`zsar report`: a static site of the results, the cells and the test clips, read from metrics/ and
from what is there of data/.

`results_page`, `cell_page` and `clips_page` gather what each page shows as plain data, one
dataclass for each; `site` writes the pages.
"""
