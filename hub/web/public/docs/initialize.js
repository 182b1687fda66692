// Every POST needs a key of its own; the page makes one so that "Try it out" works.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  requestInterceptor: (request) => {
    if (request.method === "POST") request.headers["Idempotency-Key"] ??= crypto.randomUUID();
    return request;
  },
});
