package session

import "github.com/mileusna/useragent"

// Device names what a User-Agent header tells of a device: "macOS (Chrome)", as much of it as can be told, else the header itself.
func Device(header string) string {
	ua := useragent.Parse(header)
	switch {
	case ua.OS != "" && ua.Name != "":
		return ua.OS + " (" + ua.Name + ")"
	case ua.OS != "":
		return ua.OS
	case ua.Name != "":
		return ua.Name
	default:
		return header
	}
}
