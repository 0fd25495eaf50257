"""`zsar app`: a page on this machine that takes a clip and sentences, says which it is, and why"""
