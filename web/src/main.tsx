import { createRoot } from "react-dom/client";
import { trustOwnScripts } from "./frame/trust";

trustOwnScripts();
const root = document.getElementById("root");
if (root) createRoot(root).render(<h1>Photofeed</h1>);
