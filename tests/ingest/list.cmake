# Ingest that is killed, ingest on a disk that fills up, and each call that changes files failing.
foreach(crash kill9 diskfull fault)
  add_executable(crash_${crash} ${CMAKE_CURRENT_LIST_DIR}/crash_${crash}.c)
  target_include_directories(crash_${crash} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(crash_${crash} PRIVATE fv_ingest)
endforeach()
add_test(NAME crash.kill9 COMMAND crash_kill9)
add_test(NAME crash.diskfull COMMAND sh ${CMAKE_CURRENT_LIST_DIR}/diskfull.sh
  $<TARGET_FILE:crash_diskfull>)
set_tests_properties(crash.kill9 crash.diskfull PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600
  LABELS crash)
# The shim knows glibc's names of the calls; a sanitizer wants to be loaded first itself.
if(CMAKE_SYSTEM_NAME STREQUAL Linux AND NOT FV_SANITIZE_ADDRESS AND NOT FV_SANITIZE_THREAD)
  add_library(crash_fault_shim MODULE ${CMAKE_CURRENT_LIST_DIR}/fault_shim.c)
  target_compile_definitions(crash_fault_shim PRIVATE _GNU_SOURCE)
  target_link_libraries(crash_fault_shim PRIVATE ${CMAKE_DL_LIBS})
  add_test(NAME crash.fault COMMAND crash_fault $<TARGET_FILE:crash_fault_shim>)
  set_tests_properties(crash.fault PROPERTIES TIMEOUT 600 LABELS crash)
endif()

# Ingest and questions at the same time; with -DFV_SANITIZE_THREAD=ON the data races it looks for.
add_executable(ingest_together ${CMAKE_CURRENT_LIST_DIR}/together.c)
target_include_directories(ingest_together PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(ingest_together PRIVATE fv_ingest fv_query)
add_test(NAME ingest.together COMMAND ingest_together)
set_tests_properties(ingest.together PROPERTIES TIMEOUT 600 LABELS threads)
