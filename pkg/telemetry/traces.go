package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// TraceOptions say where traces go.
type TraceOptions struct {
	// Endpoint takes OTLP over HTTP, such as http://collector:4318. Its path, where it has none, is /v1/traces.
	Endpoint *url.URL
	// Ratio is the part of the requests that are traced, from 0 to 1, where the caller has not decided.
	Ratio float64
	// TrustCallers has the decision and the ids of callers (Trace Context, W3C) count. Without it they are ignored: anybody could have all of their
	// requests traced, under ids of their choice.
	TrustCallers bool
	Version      string
	Log          *slog.Logger
}

// Traces tell what requests and tasks did, as spans of OpenTelemetry. A nil *Traces tells nothing, and then spans cost a look into a context.
type Traces struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	trust    bool
	log      *slog.Logger
	// closing is a context to hand over the last spans with.
	closing func() (context.Context, context.CancelFunc)
}

// scopeName is that of the library, as OpenTelemetry calls it, whose spans these are.
const scopeName = "latchkeep"

// exportTimeout bounds one try to hand spans over.
const exportTimeout = 10 * time.Second

// OpenTraces begins to trace. Spans are handed over in the background, and dropped where the collector does not take them: it holds nobody up.
func OpenTraces(ctx context.Context, o TraceOptions) (*Traces, error) {
	endpoint := *o.Endpoint
	if endpoint.Path == "" || endpoint.Path == "/" {
		endpoint.Path = "/v1/traces"
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint.String()), otlptracehttp.WithTimeout(exportTimeout))
	if err != nil {
		return nil, fmt.Errorf("open the exporter of traces: %w", err)
	}
	return newTraces(ctx, o, sdktrace.WithBatcher(exporter)), nil
}

func newTraces(ctx context.Context, o TraceOptions, to sdktrace.TracerProviderOption) *Traces {
	provider := sdktrace.NewTracerProvider(to,
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(o.Ratio))),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "latchkeep"), attribute.String("service.version", o.Version))))
	closing := func() (context.Context, context.CancelFunc) {
		return context.WithTimeout(context.WithoutCancel(ctx), exportTimeout)
	}
	return &Traces{provider: provider, tracer: provider.Tracer(scopeName), trust: o.TrustCallers, log: o.Log, closing: closing}
}

// Close hands over what is left, for some seconds at most. A collector that is away is no error: its spans are lost.
func (t *Traces) Close() error {
	ctx, cancel := t.closing()
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.log.WarnContext(ctx, "the last traces were not taken", "error", err)
	}
	return nil
}

// Request begins the span of a request to a server. The end takes the status of the answer, and the pattern of the route.
func (t *Traces) Request(r *http.Request, server string) (context.Context, func(status int, route string, attributes ...Attribute)) {
	ctx := r.Context()
	if t == nil {
		return ctx, func(int, string, ...Attribute) {}
	}
	if t.trust {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
	}
	ctx, span := t.tracer.Start(ctx, server+" "+r.Method, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", r.Method), attribute.String("url.path", r.URL.Path), attribute.String("server", server)))
	return ctx, func(status int, route string, attributes ...Attribute) {
		if route != "" {
			span.SetName(server + " " + r.Method + " " + route)
			span.SetAttributes(attribute.String("http.route", route))
		}
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		span.SetAttributes(attributes...)
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, http.StatusText(status))
		}
		span.End()
	}
}

// Task begins the span of a task of the worker, which is a trace of its own.
func (t *Traces) Task(ctx context.Context, name string, attributes ...Attribute) (context.Context, func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(attributes...))
	return ctx, ending(span)
}

// An Attribute tells something about a span.
type Attribute = attribute.KeyValue

// Attr is an attribute with a text. It holds nothing that is not to be in the log.
func Attr(name, value string) Attribute { return attribute.String(name, value) }

// Tracing reports whether something is being traced.
func Tracing(ctx context.Context) bool { return trace.SpanFromContext(ctx).IsRecording() }

// Span begins a part of what is being traced. Where nothing is, it costs a look into the context.
func Span(ctx context.Context, name string, attributes ...Attribute) (context.Context, func(error)) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, func(error) {}
	}
	ctx, span := parent.TracerProvider().Tracer(scopeName).Start(ctx, name, trace.WithAttributes(attributes...))
	return ctx, ending(span)
}

// ending ends a span. Of an error it tells that there was one: its text may hold what is nobody's business.
func ending(span trace.Span) func(error) {
	return func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// Statement begins the span of a statement to the database. Its text has placeholders where values are.
func Statement(ctx context.Context, system, text string) func(error) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return func(error) {}
	}
	_, span := parent.TracerProvider().Tracer(scopeName).Start(ctx, "SQL", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("db.system.name", system), attribute.String("db.query.text", text)))
	return ending(span)
}

// Parent names what is being traced, to be given to [Follow] by who goes on with it elsewhere (traceparent of Trace Context, W3C); empty where nothing
// is.
func Parent(ctx context.Context) string {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier.Get("traceparent")
}

// Follow begins a span that belongs to the trace of parent, of which the current one is told by a link: of several effects that are carried out at
// once, each has its own cause.
func (t *Traces) Follow(ctx context.Context, parent, name string, attributes ...Attribute) (context.Context, func(error)) {
	if t == nil || parent == "" {
		return ctx, func(error) {}
	}
	current := trace.LinkFromContext(ctx)
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": parent})
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithLinks(current), trace.WithAttributes(attributes...))
	return ctx, ending(span)
}
