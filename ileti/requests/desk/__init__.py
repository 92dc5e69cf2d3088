"""The desk: pages and deeds of data subjects’ requests in the panel."""
