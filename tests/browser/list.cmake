# The pages in Chromium: run.sh skips (77) where node, npm's package or Chromium are missing.
if(TARGET flowviewerd)
  file(GLOB browser_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/test_*.mjs)
  foreach(source ${browser_tests})
    get_filename_component(file ${source} NAME)
    string(REGEX REPLACE "^test_(.*)\\.mjs$" "\\1" test ${file})
    add_test(NAME browser.${test}
      COMMAND sh ${CMAKE_CURRENT_LIST_DIR}/run.sh ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR} ${file})
    # One at a time: they share the installed package, and a browser takes what a machine has.
    set_tests_properties(browser.${test} PROPERTIES LABELS browser TIMEOUT 600 SKIP_RETURN_CODE 77
      RESOURCE_LOCK browser)
  endforeach()
endif()
