"""GraphQL in, JSON out, through the load balancer."""
