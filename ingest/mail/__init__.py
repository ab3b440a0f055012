"""What the two forms of mail have in common, and what Outlook's own form needs."""
