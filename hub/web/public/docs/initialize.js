// Every POST needs a key of its own; the page puts a fresh one in the example's place, so that "Try it out" works.
const EXAMPLE = "00000000-0000-4000-8000-000000000000";

SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  requestInterceptor: (request) => {
    if (request.headers["Idempotency-Key"] === EXAMPLE) request.headers["Idempotency-Key"] = crypto.randomUUID();
    return request;
  },
});
