"""The pages, one folder each. None knows another: the desk leads from one to the next."""
