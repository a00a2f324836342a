// Package hostile attacks the program as a whole, as anybody on the network can: its fuzz tests send whatever to every operation of every server, and
// its tests misuse HTTP through real listeners. What single parsers do with hostile input is tested beside them.
package hostile
