// A fetch for clients that lets us look at what they sent, and at what came back.
export function overheard() {
  const heard = [];
  const listening = async (address, init = {}) => {
    const response = await fetch(address, init);
    heard.push({
      method: init.method ?? "GET",
      hasQuery: hasQuery(address, init.body),
      accept: new Headers(init.headers).get("accept"),
      status: response.status,
      type: response.headers.get("content-type"),
      cacheControl: response.headers.get("cache-control"),
    });
    return response;
  };
  return { fetch: listening, heard };
}

function hasQuery(address, body) {
  if (typeof body === "string") return "query" in JSON.parse(body);
  return new URL(address).searchParams.has("query");
}
