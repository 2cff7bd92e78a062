"""How Django writes days and times where no template of ours says how, by language (FORMAT_MODULE_PATH)."""
