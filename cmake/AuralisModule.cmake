# SPDX-License-Identifier: Apache-2.0

# Flags of ours, linked PRIVATE everywhere so that they never reach a consumer.
add_library(auralis_flags INTERFACE)
target_compile_features(auralis_flags INTERFACE cxx_std_20)
target_compile_options(auralis_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -Wno-missing-field-initializers -Wnull-dereference -Wdouble-promotion -Wimplicit-fallthrough
  $<$<BOOL:${AURALIS_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports false null dereferences and overlapping copies (PR 105651) inside libstdc++ once it inlines.
  target_compile_options(auralis_flags INTERFACE -Wno-null-dereference -Wno-restrict)
endif()
if(AURALIS_SANITIZE)
  target_compile_options(auralis_flags INTERFACE -fsanitize=${AURALIS_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(auralis_flags INTERFACE -fsanitize=${AURALIS_SANITIZE})
  if(AURALIS_SANITIZE MATCHES "undefined")
    target_compile_options(auralis_flags INTERFACE -fno-sanitize-recover=undefined)
  endif()
endif()
if(AURALIS_RTCHECK)
  target_compile_definitions(auralis_flags INTERFACE AURALIS_RTCHECK)
endif()

# auralis_module(<name> HEADERS … SOURCES … [DEPENDS modules…] [PRIVATE_DEPENDS outside libraries…])
#
# One module: src/auralis/<name>/, the static library auralis_<name>, the alias auralis::<name>. DEPENDS is the
# architecture, and the `layering` test holds the includes to it. Each header is compiled alone.
function(auralis_module name)
  cmake_parse_arguments(PARSE_ARGV 1 MODULE "" "" "HEADERS;SOURCES;DEPENDS;PRIVATE_DEPENDS")
  set(folder ${PROJECT_SOURCE_DIR}/src/auralis/${name})
  list(TRANSFORM MODULE_HEADERS PREPEND ${folder}/)
  list(TRANSFORM MODULE_SOURCES PREPEND ${folder}/)
  list(TRANSFORM MODULE_DEPENDS PREPEND auralis::)

  add_library(auralis_${name} STATIC ${MODULE_SOURCES})
  add_library(auralis::${name} ALIAS auralis_${name})
  target_sources(auralis_${name} PUBLIC
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${MODULE_HEADERS})
  set_target_properties(auralis_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ${AURALIS_VERIFY_HEADERS})
  target_compile_features(auralis_${name} PUBLIC cxx_std_20)
  target_link_libraries(auralis_${name} PUBLIC ${MODULE_DEPENDS} PRIVATE auralis_flags ${MODULE_PRIVATE_DEPENDS})
endfunction()
