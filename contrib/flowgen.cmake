# Sample flow files: flowgen --help
add_executable(flowgen ${CMAKE_CURRENT_LIST_DIR}/flowgen.c
  ${CMAKE_CURRENT_LIST_DIR}/flowgen_traffic.c ${CMAKE_CURRENT_LIST_DIR}/flowgen_random.c)
target_include_directories(flowgen PRIVATE ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(flowgen PRIVATE fv_flowtools)
# Beside the daemon, where demo.sh and the tests look for it.
set_target_properties(flowgen PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
