"""datacontract test and our own measures of every clause."""
