# Sample flow files: flowgen --help
add_executable(flowgen ${CMAKE_CURRENT_LIST_DIR}/flowgen.c
  ${CMAKE_CURRENT_LIST_DIR}/flowgen_traffic.c ${CMAKE_CURRENT_LIST_DIR}/flowgen_random.c)
target_include_directories(flowgen PRIVATE ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(flowgen PRIVATE fv_flowtools)
