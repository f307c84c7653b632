# SPDX-License-Identifier: Apache-2.0

# What the server carries in its binary: the OpenAPI document with its schemas, and the page that shows it.
set(openapi_document ${PROJECT_BINARY_DIR}/generated/openapi.json)
set(documents_source ${PROJECT_BINARY_DIR}/generated/documents.cpp)
set(docs_folder ${PROJECT_SOURCE_DIR}/src/auralis/server/docs)

add_custom_command(
  OUTPUT ${openapi_document}
  COMMAND ${Python3_EXECUTABLE} ${protocol_generator}/generate.py --schema ${protocol_schema}
          --openapi ${openapi_document}
  COMMAND ${CMAKE_COMMAND} -E touch_nocreate ${openapi_document}
  DEPENDS ${protocol_schema} ${PROJECT_SOURCE_DIR}/protocol/openapi.json ${protocol_generator}/generate.py
          ${protocol_generator}/openapi.py ${protocol_generator}/schema.py
  COMMENT "Assembling the OpenAPI document"
  VERBATIM)
add_custom_command(
  OUTPUT ${documents_source}
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/embed.py ${documents_source} auralis/server/documents.hpp
          auralis::server::documents openapi_json=${openapi_document} docs_html=${docs_folder}/docs.html
          docs_js=${docs_folder}/docs.js docs_css=${docs_folder}/docs.css
  DEPENDS ${PROJECT_SOURCE_DIR}/tools/embed.py ${openapi_document} ${docs_folder}/docs.html ${docs_folder}/docs.js
          ${docs_folder}/docs.css
  COMMENT "Embedding the server's documents"
  VERBATIM)
add_library(auralis_documents OBJECT ${documents_source})
target_compile_features(auralis_documents PUBLIC cxx_std_20)
target_include_directories(auralis_documents PRIVATE ${PROJECT_SOURCE_DIR}/src)
