# What is installed, and that it stands where the manual says.
#   cmake -DBUILD=DIR -P install.cmake
set(root ${BUILD}/installed)
file(REMOVE_RECURSE ${root})
execute_process(COMMAND ${CMAKE_COMMAND} -E env DESTDIR=${root} ${CMAKE_COMMAND} --install ${BUILD} --prefix /usr/local
  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${output}")
endif()
file(GLOB_RECURSE found RELATIVE ${root}/usr/local ${root}/usr/local/*)
foreach(wanted sbin/flowviewerd man8/flowviewerd.8 man5/flowviewerd.conf.5 share/examples/flowviewer/flowviewerd.conf)
  if(NOT "${found}" MATCHES "(^|;)([a-z/]*/)?${wanted}(;|$)")
    message(FATAL_ERROR "${wanted} was not installed; only ${found}")
  endif()
endforeach()
execute_process(COMMAND ${root}/usr/local/sbin/flowviewerd -n -f ${root}/usr/local/share/examples/flowviewer/flowviewerd.conf
  RESULT_VARIABLE result ERROR_VARIABLE output)
if(NOT result EQUAL 0 OR NOT output STREQUAL "configuration OK\n")
  message(FATAL_ERROR "the installed daemon refuses the installed sample: ${output}")
endif()
message("installed: ${found}")
