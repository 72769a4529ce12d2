"""What makes a mongod the replica set of Photofeed."""
