// GraphiQL at the address it was served from: operations over HTTP, subscriptions over a WebSocket.
"use strict";

const WELCOME = `# Photofeed. Ctrl-Space completes, Ctrl-Enter runs.
#
# To act as an account, run signUp or logIn, and write under Headers below:
#   { "Authorization": "Bearer <accessToken>" }
# It is sent with every operation, and for subscriptions when their WebSocket opens.

query Feed {
  feed(first: 10) {
    edges {
      node {
        description
        author {
          username
        }
        image {
          url
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`;

function render() {
  const address = new URL(location.pathname, location.origin);
  const socket = new URL(address);
  socket.protocol = address.protocol.replace("http", "ws");
  const playground = React.createElement(GraphiQL, {
    // Each subscription opens a socket of its own; what stands under Headers is its connection_init.
    fetcher: GraphiQL.createFetcher({
      url: address.href,
      subscriptionUrl: socket.href,
      enableIncrementalDelivery: false,
    }),
    plugins: [GraphiQLPluginExplorer.explorerPlugin()],
    defaultQuery: WELCOME,
    defaultEditorToolsVisibility: "headers",
    inputValueDeprecation: true,
  });
  ReactDOM.createRoot(document.getElementById("playground")).render(playground);
}

render();
