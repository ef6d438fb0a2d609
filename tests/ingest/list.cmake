# Ingest that is killed, and ingest on a disk that fills up.
foreach(crash kill9 diskfull)
  add_executable(crash_${crash} ${CMAKE_CURRENT_LIST_DIR}/crash_${crash}.c)
  target_include_directories(crash_${crash} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(crash_${crash} PRIVATE fv_ingest)
endforeach()
add_test(NAME crash.kill9 COMMAND crash_kill9)
add_test(NAME crash.diskfull COMMAND sh ${CMAKE_CURRENT_LIST_DIR}/diskfull.sh
  $<TARGET_FILE:crash_diskfull>)
set_tests_properties(crash.kill9 crash.diskfull PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600
  LABELS crash)
