// SPDX-License-Identifier: Apache-2.0
// Shows the OpenAPI document. Text goes in as text, never as markup.

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** `code` between backticks becomes code. */
function prose(text = "") {
  return text.split("`").map((part, index) => (index % 2 === 1 ? element("code", {}, part) : part));
}

function resolve(api, node) {
  if (node === undefined || node.$ref === undefined) {
    return node;
  }
  return node.$ref.slice(2).split("/").reduce((at, key) => at[key], api);
}

function typeOf(schema) {
  if (schema === undefined) {
    return ["nothing"];
  }
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").at(-1);
    return [element("a", { href: `#schema-${name}` }, name)];
  }
  if (schema.const !== undefined) {
    return [JSON.stringify(schema.const)];
  }
  if (schema.enum !== undefined) {
    return [schema.enum.map((value) => JSON.stringify(value)).join(" | ")];
  }
  if (schema.oneOf !== undefined) {
    return schema.oneOf.flatMap((one, index) => (index === 0 ? typeOf(one) : [" | ", ...typeOf(one)]));
  }
  if (schema.type === "array") {
    const count = schema.minItems !== undefined && schema.minItems === schema.maxItems ? `${schema.minItems} × ` : "";
    return [`list of ${count}`, ...typeOf(schema.items)];
  }
  const limits = [
    schema.minimum !== undefined && `≥ ${schema.minimum}`,
    schema.exclusiveMinimum !== undefined && `> ${schema.exclusiveMinimum}`,
    schema.maximum !== undefined && `≤ ${schema.maximum}`,
    schema.minLength !== undefined && `at least ${schema.minLength} characters`,
    schema.maxLength !== undefined && `at most ${schema.maxLength} characters`,
    schema.pattern !== undefined && schema.pattern,
  ].filter(Boolean);
  return [limits.length > 0 ? `${schema.type}, ${limits.join(", ")}` : (schema.type ?? "anything")];
}

function row(...cells) {
  return element("tr", {}, ...cells.map((cell) => element("td", {}, ...cell)));
}

function table(headings, rows) {
  const head = element("tr", {}, ...headings.map((heading) => element("th", { scope: "col" }, heading)));
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
}

function content(node) {
  return Object.entries(node?.content ?? {}).flatMap(([media, { schema }]) => [
    element("span", { class: "type" }, ...typeOf(schema)), element("span", { class: "quiet" }, ` ${media}`),
  ]);
}

function operation(api, path, shared, method, one) {
  const section = element("section", { id: one.operationId },
    element("h3", {}, element("span", { class: "method" }, method.toUpperCase()), element("code", {}, path)),
    element("p", {}, one.summary ?? ""));
  if (one.description !== undefined) {
    section.append(element("p", { class: "quiet" }, ...prose(one.description)));
  }
  const parameters = [...(shared ?? []), ...(one.parameters ?? [])].map((parameter) => resolve(api, parameter));
  if (parameters.length > 0) {
    section.append(table(["Parameter", "In", "Type", ""], parameters.map((parameter) =>
      row([element("code", {}, parameter.name)], [parameter.in],
        [element("span", { class: "type" }, ...typeOf(parameter.schema))], prose(parameter.description)))));
  }
  if (one.requestBody !== undefined) {
    section.append(element("p", {}, "Body: ", ...content(resolve(api, one.requestBody))));
  }
  section.append(table(["Answer", "", ""], Object.entries(one.responses).map(([status, response]) => {
    const resolved = resolve(api, response);
    return row([element("code", {}, status)], prose(resolved.description), content(resolved));
  })));
  return section;
}

function schemaSection(name, schema) {
  const section = element("section", { id: `schema-${name}` }, element("h3", {}, name));
  if (schema.description !== undefined) {
    section.append(element("p", { class: "quiet" }, ...prose(schema.description)));
  }
  if (schema.properties === undefined) {
    section.append(element("p", { class: "type" }, ...typeOf(schema)));
    return section;
  }
  const required = new Set(schema.required ?? []);
  section.append(table(["Field", "Type", ""], Object.entries(schema.properties).map(([field, type]) =>
    row([element("code", {}, field), required.has(field) ? "" : element("span", { class: "quiet" }, " optional")],
      [element("span", { class: "type" }, ...typeOf(type))], prose(type.description)))));
  return section;
}

function show(api) {
  document.title = `${api.info.title} API ${api.info.version}`;
  document.querySelector("#summary").replaceChildren(...prose(api.info.description));
  const contents = document.querySelector("#contents");
  const main = document.querySelector("#document");
  for (const tag of api.tags) {
    contents.append(element("h2", {}, tag.name));
    for (const [path, item] of Object.entries(api.paths)) {
      for (const method of METHODS.filter((name) => item[name]?.tags.includes(tag.name))) {
        contents.append(element("a", { href: `#${item[method].operationId}` }, item[method].summary));
        main.append(operation(api, path, item.parameters, method, item[method]));
      }
    }
  }
  contents.append(element("h2", {}, "schemas"));
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    contents.append(element("a", { href: `#schema-${name}` }, name));
    main.append(schemaSection(name, schema));
  }
  if (location.hash !== "") {
    document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  }
}

try {
  const answer = await fetch("/api/openapi.json");
  if (!answer.ok) {
    throw new Error(`the server answered ${answer.status}`);
  }
  show(await answer.json());
} catch (error) {
  document.querySelector("#summary").textContent = `The OpenAPI document could not be shown: ${error.message}`;
}
