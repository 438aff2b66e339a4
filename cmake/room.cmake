# SPDX-License-Identifier: Apache-2.0

# The Python module is made of the program's own objects; without interposition they are as fast as any others.
function(crossbook_for_module target)
  if(CROSSBOOK_PYTHON)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-semantic-interposition>)
  endif()
endfunction()

# The test frameworks' headers, read once for all rooms; by clang only, since g++ 12 then sees faults in std::string.
function(crossbook_test_headers)
  file(WRITE ${PROJECT_BINARY_DIR}/test_headers.cpp "")
  add_library(crossbook_test_headers OBJECT ${PROJECT_BINARY_DIR}/test_headers.cpp)
  target_link_libraries(crossbook_test_headers PRIVATE crossbook_options GTest::gmock_main rapidcheck)
  target_compile_features(crossbook_test_headers PRIVATE cxx_std_23)
  target_precompile_headers(crossbook_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h> <rapidcheck/gtest.h>)
endfunction()

# crossbook_room(book
#   DEPENDS core                 rooms that its headers include
#   HEADERS ladder.hpp ...       public headers, installed, each verified to stand alone
#   SOURCES ladder.cpp ...
#   PRIVATE simdjson::simdjson   third party that no public header shows
#   TESTS ladder_test.cpp ...    one test program per room
#   BENCHES ladder_bench.cpp ... one program per room, "book_bench"
#   FUZZERS ladder_fuzz.cpp ...) one program per file
#
# Makes the target crossbook::book with everything that belongs to it. A room's CMakeLists is this one call.
function(crossbook_room name)
  cmake_parse_arguments(PARSE_ARGV 1 room "" "" "DEPENDS;HEADERS;SOURCES;PRIVATE;TESTS;BENCHES;FUZZERS")
  set(target crossbook_${name})
  add_library(${target} STATIC)
  add_library(crossbook::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} VERIFY_INTERFACE_HEADER_SETS ON)
  target_sources(${target} PRIVATE ${room_SOURCES}
    PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${room_HEADERS})
  target_compile_features(${target} PUBLIC cxx_std_23)
  list(TRANSFORM room_DEPENDS PREPEND crossbook::)
  target_link_libraries(${target} PUBLIC ${room_DEPENDS}
    PRIVATE $<BUILD_INTERFACE:crossbook_options> ${room_PRIVATE})
  crossbook_for_module(${target})
  install(TARGETS ${target} EXPORT crossbook FILE_SET HEADERS)

  if(CROSSBOOK_TESTS AND room_TESTS)
    add_executable(${name}_test ${room_TESTS})
    target_link_libraries(${name}_test PRIVATE ${target} crossbook_options ${room_PRIVATE} GTest::gmock_main rapidcheck)
    target_compile_definitions(${name}_test PRIVATE CROSSBOOK_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    # What is tested is optimised; the tests themselves are compiled in two thirds of the time without.
    target_compile_options(${name}_test PRIVATE $<$<CONFIG:Release>:-O1>)
    if(TARGET crossbook_test_headers)
      target_precompile_headers(${name}_test REUSE_FROM crossbook_test_headers)
    endif()
    gtest_discover_tests(${name}_test TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST
      PROPERTIES LABELS ${name} ENVIRONMENT "RC_PARAMS=seed=20261123")
  endif()
  if(CROSSBOOK_BENCHES AND room_BENCHES)
    add_executable(${name}_bench ${room_BENCHES})
    target_link_libraries(${name}_bench PRIVATE ${target} crossbook_options ${room_PRIVATE} benchmark::benchmark_main)
    target_compile_definitions(${name}_bench PRIVATE CROSSBOOK_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  endif()
  if(CROSSBOOK_FUZZERS)
    foreach(source ${room_FUZZERS})
      cmake_path(GET source STEM fuzzer)
      add_executable(${fuzzer} ${source})
      target_link_libraries(${fuzzer} PRIVATE ${target} crossbook_options ${room_PRIVATE})
      target_link_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
    endforeach()
  endif()
endfunction()
