"""The KuaiRand data set."""
