"""The texts that users see, a table a file: key → (Chinese, English); `ui.text` puts them together."""
