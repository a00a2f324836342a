module github.com/latchkeep/latchkeep/tools/testreport

go 1.26.4
