"""The windows that ask for something, or stand beside the main one."""
