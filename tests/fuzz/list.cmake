# Fuzz targets: tests/fuzz/fuzz_NAME.c with its inputs in tests/fuzz/NAME/. Each is replayed as
# an ordinary test; with -DFV_FUZZ=ON (clang) the fuzzer itself is built too: fuzz_NAME.
# A new target is one line at the end.
set(FV_FUZZ_DIR ${CMAKE_CURRENT_LIST_DIR})

function(fv_fuzz_target name)
  set(inputs ${FV_FUZZ_DIR}/${name})
  add_executable(fuzz_replay_${name} ${FV_FUZZ_DIR}/replay.c ${FV_FUZZ_DIR}/fuzz_${name}.c)
  target_include_directories(fuzz_replay_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(fuzz_replay_${name} PRIVATE ${ARGN})
  add_test(NAME fuzz.${name} COMMAND fuzz_replay_${name} ${inputs})
  set_tests_properties(fuzz.${name} PROPERTIES TIMEOUT 300 LABELS fuzz)
  if(FV_FUZZ)
    add_executable(fuzz_${name} ${FV_FUZZ_DIR}/fuzz_${name}.c)
    target_include_directories(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(fuzz_${name} PRIVATE ${ARGN})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz/${name})
    # New inputs go to the build tree; a crash leaves its input there.
    add_test(NAME fuzz.${name}.short COMMAND fuzz_${name} -max_total_time=20 -max_len=16384
      -artifact_prefix=${CMAKE_BINARY_DIR}/fuzz/ ${CMAKE_BINARY_DIR}/fuzz/${name} ${inputs})
    set_tests_properties(fuzz.${name}.short PROPERTIES TIMEOUT 300 LABELS fuzz)
  endif()
endfunction()

fv_fuzz_target(flowtools fv_flowtools)
fv_fuzz_target(request fv_http)
