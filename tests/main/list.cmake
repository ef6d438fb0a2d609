# The daemon as a process: options, signals, privileges. Each test starts the real one.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND AND TARGET flowviewerd)
  file(GLOB main_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/test_*.py)
  foreach(source ${main_tests})
    get_filename_component(test ${source} NAME_WE)
    string(REGEX REPLACE "^test_" "" test ${test})
    add_test(NAME main.${test} COMMAND ${Python3_EXECUTABLE} -B ${source})
    set_tests_properties(main.${test} PROPERTIES LABELS main TIMEOUT 300 SKIP_RETURN_CODE 77
      ENVIRONMENT "FLOWVIEWERD=$<TARGET_FILE:flowviewerd>;FLOWGEN=$<TARGET_FILE:flowgen>;PYTHONPATH=${CMAKE_CURRENT_LIST_DIR}/../api")
  endforeach()
endif()
