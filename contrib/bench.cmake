# bench: prints the figures of docs/performance.md (20 M generated flows; needs some 3 GB of disk).
add_executable(bench EXCLUDE_FROM_ALL ${CMAKE_CURRENT_SOURCE_DIR}/bench.c)
set_target_properties(bench PROPERTIES OUTPUT_NAME fv_bench)
target_link_libraries(bench PRIVATE fv_query fv_ingest fv_filter fv_flowtools PkgConfig::ZLIB)
add_custom_command(TARGET bench POST_BUILD
  COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --target flowgen
  COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/bench.sh $<TARGET_FILE:bench> ${CMAKE_BINARY_DIR} USES_TERMINAL VERBATIM)
