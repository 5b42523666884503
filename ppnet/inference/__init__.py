"""What runs a trained network: backends behind `ppnet.estimator.PoseEstimator`."""
