# SPDX-License-Identifier: Apache-2.0

# auralis::protocol: the message types, generated from protocol/messages.schema.json into the build tree.
set(protocol_folder ${PROJECT_BINARY_DIR}/generated)
set(protocol_generator ${PROJECT_SOURCE_DIR}/tools/protocol)
set(protocol_schema ${PROJECT_SOURCE_DIR}/protocol/messages.schema.json)

add_custom_command(
  OUTPUT ${protocol_folder}/auralis/protocol/messages.hpp ${protocol_folder}/auralis/protocol/messages.cpp
  COMMAND ${Python3_EXECUTABLE} ${protocol_generator}/generate.py --schema ${protocol_schema} --cpp ${protocol_folder}
  COMMAND ${CMAKE_COMMAND} -E touch_nocreate ${protocol_folder}/auralis/protocol/messages.hpp
          ${protocol_folder}/auralis/protocol/messages.cpp
  DEPENDS ${protocol_schema} ${protocol_generator}/generate.py ${protocol_generator}/schema.py
          ${protocol_generator}/cpp.py ${protocol_generator}/typescript.py ${protocol_generator}/runtime.cpp.in
  COMMENT "Generating the protocol's message types"
  VERBATIM)

add_library(auralis_protocol STATIC ${protocol_folder}/auralis/protocol/messages.cpp
                                    ${protocol_folder}/auralis/protocol/messages.hpp)
add_library(auralis::protocol ALIAS auralis_protocol)
target_compile_features(auralis_protocol PUBLIC cxx_std_20)
target_include_directories(auralis_protocol PUBLIC ${protocol_folder})
target_link_libraries(auralis_protocol PUBLIC auralis::core PRIVATE auralis_flags nlohmann_json::nlohmann_json)
