"""The office's own pages: thin, by noun. Rows through `for_user`, changes through actions."""
