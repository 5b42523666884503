"""Accuracy: COCO AP and MPII PCKh."""
