package main

import "github.com/spf13/cobra"

func newOperator() *cobra.Command {
	return group("operator", "Manage who may use the console and its API", newOperatorToken(), newOperatorList(), newOperatorRevoke(),
		newOperatorInvite(), newOperatorPeople(), newOperatorDisable("disable", "Keep an operator out", true),
		newOperatorDisable("enable", "Let an operator in again", false))
}
