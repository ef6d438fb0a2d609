# The sample generator: the same flows for the same seed, and files as flow-capture names them.
find_package(Python3 COMPONENTS Interpreter QUIET)
if(Python3_FOUND)
  add_test(NAME flowgen COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/test_flowgen.py
    $<TARGET_FILE:flowgen>)
  set_tests_properties(flowgen PROPERTIES TIMEOUT 120 LABELS tools)
endif()
