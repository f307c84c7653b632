// SPDX-License-Identifier: Apache-2.0
import "@fontsource-variable/figtree/wght.css";
import "@fontsource-variable/fraunces/opsz.css";
import "./app.css";

import { mount } from "svelte";

import App from "./App.svelte";
import { installDiagnostics } from "./diagnostics";
import { Heard } from "./state/heard.svelte";
import { parseOverrides } from "./state/overrides";
import { Session } from "./state/session.svelte";

const target = document.getElementById("app");
if (target === null) {
  throw new Error("index.html has no #app");
}
const session = new Session(parseOverrides(new URLSearchParams(location.search)));
const heard = new Heard();
installDiagnostics(session, heard);
mount(App, { target, props: { session, heard } });
