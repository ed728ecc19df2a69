"""What is shown while a study or a training runs."""
