// A service that answers with the context that it was called in, and calls the next one: http://ADDRESS/anything.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/contrib/propagators/autoprop"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/trace"
	api "go.opentelemetry.io/otel/trace"
)

var client = http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport)}

func main() {
	exporter, err := otlptracehttp.New(context.Background())
	check(err)
	otel.SetTracerProvider(trace.NewTracerProvider(trace.WithBatcher(exporter, trace.WithBatchTimeout(100*time.Millisecond))))
	// OTEL_PROPAGATORS
	otel.SetTextMapPropagator(autoprop.NewTextMapPropagator())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println("listening on", listener.Addr().(*net.TCPAddr).Port)
	check(http.Serve(listener, otelhttp.NewHandler(http.HandlerFunc(answer), "GET /")))
}

func answer(response http.ResponseWriter, request *http.Request) {
	span := api.SpanContextFromContext(request.Context())
	answer := map[string]any{
		"service":    "go",
		"traceId":    span.TraceID().String(),
		"isSampled":  span.IsSampled(),
		"traceState": span.TraceState().String(),
	}
	if next := os.Getenv("NEXT_URL"); next != "" {
		called, err := called(request.Context(), next)
		if err != nil {
			http.Error(response, err.Error(), http.StatusBadGateway)
			return
		}
		answer["next"] = called
	}
	check(json.NewEncoder(response).Encode(answer))
}

func called(ctx context.Context, url string) (any, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var body any
	return body, json.NewDecoder(response.Body).Decode(&body)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
