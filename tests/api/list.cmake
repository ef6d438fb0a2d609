# API tests: each starts the real daemon on a free port (tests/api/daemon.py).
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND AND TARGET flowviewerd)
  file(GLOB api_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/test_*.py)
  foreach(source ${api_tests})
    get_filename_component(test ${source} NAME_WE)
    add_test(NAME api.${test} COMMAND ${Python3_EXECUTABLE} -B ${source})
    set_tests_properties(api.${test} PROPERTIES LABELS api TIMEOUT 300 SKIP_RETURN_CODE 77
      ENVIRONMENT "FLOWVIEWERD=$<TARGET_FILE:flowviewerd>;FLOWGEN=${CMAKE_BINARY_DIR}/flowgen;PYTHONPATH=${CMAKE_CURRENT_LIST_DIR}")
  endforeach()
endif()

# Not a test: prints how many requests a second 64 clients get (needs wrk).
if(Python3_FOUND AND TARGET flowviewerd)
  add_custom_target(load
    COMMAND ${CMAKE_COMMAND} -E env FLOWVIEWERD=$<TARGET_FILE:flowviewerd>
      ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/contrib/load.py
    DEPENDS flowviewerd USES_TERMINAL VERBATIM)
endif()
