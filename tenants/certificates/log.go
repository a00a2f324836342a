package certificates

import (
	"log/slog"

	"go.uber.org/zap/zapcore"
)

// logCore hands what the library logs on to slog, without its debugging.
type logCore struct {
	log    *slog.Logger
	fields []zapcore.Field
}

func (c logCore) Enabled(level zapcore.Level) bool { return level >= zapcore.InfoLevel }

func (c logCore) With(fields []zapcore.Field) zapcore.Core {
	c.fields = append(c.fields[:len(c.fields):len(c.fields)], fields...)
	return c
}

func (c logCore) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return checked.AddCore(e, c)
	}
	return checked
}

func (c logCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	write := c.log.Debug // what goes well is the library's business
	switch {
	case e.Level >= zapcore.ErrorLevel:
		write = c.log.Error
	case e.Level == zapcore.WarnLevel:
		write = c.log.Warn
	}
	all := zapcore.NewMapObjectEncoder()
	for _, f := range append(c.fields[:len(c.fields):len(c.fields)], fields...) {
		f.AddTo(all)
	}
	attributes := make([]any, 0, 2)
	for _, name := range []string{"identifier", "subject", "server_name", "error"} { // nothing else: there are keys and tokens among them
		if value, ok := all.Fields[name]; ok {
			attributes = append(attributes, slog.Any(name, value))
		}
	}
	write("certificates: "+e.Message, attributes...)
	return nil
}

func (c logCore) Sync() error { return nil }
