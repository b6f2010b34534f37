"""Credentials kept in files that other programs write too: browsers' cookies, .netrc. Reading only."""
