"""What a trained network answers for new inputs."""
