# bench: prints the figures of docs/performance.md (20 M generated flows; needs some 2 GB of disk).
add_executable(fv_bench EXCLUDE_FROM_ALL ${CMAKE_CURRENT_LIST_DIR}/bench.c)
target_link_libraries(fv_bench PRIVATE fv_query fv_ingest fv_filter fv_flowtools PkgConfig::ZLIB)
add_custom_target(bench
  COMMAND sh ${CMAKE_CURRENT_LIST_DIR}/bench.sh $<TARGET_FILE:fv_bench> ${CMAKE_BINARY_DIR}
  DEPENDS fv_bench flowgen USES_TERMINAL VERBATIM)
