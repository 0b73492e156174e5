#!/usr/bin/env python3
"""An OpenTelemetry collector for tests: takes what it is sent and tells it as JSON when it ends (SIGTERM).

    otlp.py grpc|http [--port N] [--delay SECONDS] [--fail N] [--exhausted [DETAILS]]
        [--refuse] [--reject N] [--cert FILE --key FILE]

Prints its port once it listens, and a line for each request that it took. Decoding is opentelemetry-proto's, not ours.
"""
import argparse
import concurrent.futures
import gzip
import http.server
import json
import signal
import ssl
import sys
import threading
import time

import grpc
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

SIGNALS = {
    "traces": (trace_service_pb2.ExportTraceServiceRequest, trace_service_pb2.ExportTraceServiceResponse, "rejected_spans"),
    "logs": (logs_service_pb2.ExportLogsServiceRequest, logs_service_pb2.ExportLogsServiceResponse, "rejected_log_records"),
    "metrics": (metrics_service_pb2.ExportMetricsServiceRequest, metrics_service_pb2.ExportMetricsServiceResponse, "rejected_data_points"),
}


def value(v):
    kind = v.WhichOneof("value")
    if kind == "array_value":
        return [value(e) for e in v.array_value.values]
    if kind == "kvlist_value":
        return attributes(v.kvlist_value.values)
    if kind == "bytes_value":
        return {"bytes": v.bytes_value.hex()}
    return getattr(v, kind) if kind else None


def attributes(pairs):
    keys = [p.key for p in pairs]
    assert len(keys) == len(set(keys)), f"an attribute comes twice: {keys}"
    return {p.key: value(p.value) for p in pairs}


class Collector:
    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.failures = options.fail
        self.seen = {"spans": [], "logs": [], "metrics": [], "resources": [], "requests": []}

    def answer(self, signal_name, message, about):
        """None: the answer is a refusal for now; otherwise the response."""
        time.sleep(self.options.delay)
        with self.lock:
            if self.failures > 0:
                self.failures -= 1
                return None
            self.seen["requests"].append({"signal": signal_name, **about})
            print(signal_name, flush=True)
            getattr(self, signal_name)(message)
        _, response, rejected = SIGNALS[signal_name]
        r = response()
        if self.options.reject:
            setattr(r.partial_success, rejected, self.options.reject)
            r.partial_success.error_message = "not these"
        return r

    def traces(self, message):
        for r in message.resource_spans:
            self.seen["resources"].append(attributes(r.resource.attributes))
            for scope in r.scope_spans:
                for s in scope.spans:
                    self.seen["spans"].append({
                        "trace": s.trace_id.hex(), "id": s.span_id.hex(), "parent": s.parent_span_id.hex(), "name": s.name,
                        "state": s.trace_state, "start": s.start_time_unix_nano, "end": s.end_time_unix_nano,
                        "attributes": attributes(s.attributes), "status": s.status.code, "message": s.status.message,
                        "events": [{"name": e.name, "time": e.time_unix_nano, "attributes": attributes(e.attributes)} for e in s.events],
                        "dropped_events": s.dropped_events_count,
                    })

    def logs(self, message):
        for r in message.resource_logs:
            for scope in r.scope_logs:
                for l in scope.log_records:
                    self.seen["logs"].append({
                        "trace": l.trace_id.hex(), "span": l.span_id.hex(), "time": l.time_unix_nano, "body": value(l.body),
                        "severity": l.severity_number, "event": l.event_name, "attributes": attributes(l.attributes),
                    })

    def metrics(self, message):
        for r in message.resource_metrics:
            for scope in r.scope_metrics:
                for m in scope.metrics:
                    kind = m.WhichOneof("data")
                    for p in getattr(m, kind).data_points:
                        point = {"name": m.name, "unit": m.unit, "attributes": attributes(p.attributes)}
                        if kind == "histogram":
                            assert len(p.bucket_counts) == len(p.explicit_bounds) + 1
                            assert sum(p.bucket_counts) == p.count
                            point |= {"count": str(p.count), "sum": p.sum, "min": p.min, "max": p.max}
                        else:
                            point |= {"value": p.as_int}
                        self.seen["metrics"].append(point)


def serve_grpc(collector):
    def handler(name, request, response):
        def export(message, context):
            about = {"headers": dict(context.invocation_metadata())}
            if collector.options.refuse:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, "we do not want it")
            answer = collector.answer(name, message, about)
            if answer is None:
                if (details := collector.options.exhausted) is not None:
                    if details:
                        context.set_trailing_metadata((("grpc-status-details-bin", bytes.fromhex(details)),))
                    context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "no room")
                context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
            return answer
        return grpc.unary_unary_rpc_method_handler(export, request.FromString, response.SerializeToString)

    services = {"traces": "trace.v1.TraceService", "logs": "logs.v1.LogsService", "metrics": "metrics.v1.MetricsService"}
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
    for name, (request, response, _) in SIGNALS.items():
        service = "opentelemetry.proto.collector." + services[name]
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {"Export": handler(name, request, response)}),))
    address = f"127.0.0.1:{collector.options.port}"
    if collector.options.cert:
        with open(collector.options.key, "rb") as key, open(collector.options.cert, "rb") as cert:
            credentials = grpc.ssl_server_credentials([(key.read(), cert.read())])
        port = server.add_secure_port(address, credentials)
    else:
        port = server.add_insecure_port(address)
    server.start()
    return port, lambda: server.stop(1).wait()


def serve_http(collector):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            size = len(body)
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            name = self.path.rsplit("/", 1)[-1]
            if name not in SIGNALS:
                return self.reply(404, b"")
            is_json = self.headers["Content-Type"] == "application/json"
            message = SIGNALS[name][0]()
            if is_json:
                # Ids are hexadecimal in OTLP's JSON, where protobuf's own has base64: an id of 16 bytes must be 32 digits.
                json_format.Parse(json.dumps(self.rebased(json.loads(body))), message)
            else:
                message.ParseFromString(body)
            if collector.options.refuse:
                return self.reply(400, b'{"code":3,"message":"we do not want it"}' if is_json else b"\x12\x11we do not want it")
            about = {"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}, "size": size, "plain": len(body)}
            answer = collector.answer(name, message, about)
            if answer is None:
                return self.reply(503, b"", {"Retry-After": "0"})
            self.reply(200, json_format.MessageToJson(answer).encode() if is_json else answer.SerializeToString())

        def rebased(self, node):
            import base64
            if isinstance(node, list):
                return [self.rebased(e) for e in node]
            if not isinstance(node, dict):
                return node
            ids = ("traceId", "spanId", "parentSpanId")
            return {k: base64.b64encode(bytes.fromhex(v)).decode() if k in ids else self.rebased(v) for k, v in node.items()}

        def reply(self, status, body, headers={}):
            self.send_response(status)
            for k, v in headers.items():
                self.send_header(k, v)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", collector.options.port), Handler)
    server.daemon_threads = True
    if collector.options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(collector.options.cert, collector.options.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1], server.shutdown


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["grpc", "http"])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--fail", type=int, default=0)
    # How gRPC says it fails: RESOURCE_EXHAUSTED, with grpc-status-details-bin (hexadecimal) if there is more to say.
    parser.add_argument("--exhausted", nargs="?", const="")
    parser.add_argument("--refuse", action="store_true")
    parser.add_argument("--reject", type=int, default=0)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    collector = Collector(parser.parse_args())
    # Before there are other threads, which would take the signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    port, stop = (serve_grpc if collector.options.kind == "grpc" else serve_http)(collector)
    print(port, flush=True)
    signal.sigwait([signal.SIGTERM])
    stop()
    with collector.lock:
        json.dump(collector.seen, sys.stdout)


if __name__ == "__main__":
    main()
