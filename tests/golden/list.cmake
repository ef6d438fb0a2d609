# What the real flow-tools said of the test data, against the real daemon. Skipped without it.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND AND TARGET flowviewerd)
  file(GLOB golden_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/test_*.py)
  foreach(source ${golden_tests})
    get_filename_component(test ${source} NAME_WE)
    string(REGEX REPLACE "^test_" "" test ${test})
    add_test(NAME golden.${test} COMMAND ${Python3_EXECUTABLE} -B ${source})
    set_tests_properties(golden.${test} PROPERTIES LABELS golden TIMEOUT 600 SKIP_RETURN_CODE 77
      ENVIRONMENT "FLOWVIEWERD=$<TARGET_FILE:flowviewerd>;FV_CORPUS=${CMAKE_SOURCE_DIR}/../shared/corpus;PYTHONPATH=${CMAKE_CURRENT_LIST_DIR}/../api")
  endforeach()
endif()
